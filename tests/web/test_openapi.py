"""docs/openapi.yaml is true: its routes are the router's, its bounds query.py's, and its answers the server's."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mjpeg_viewer.errors import RenditionError
from mjpeg_viewer.query import NAMES, parse_frames, parse_max_age, parse_rendition, parse_selection
from mjpeg_viewer.web.guard import OPEN
from mjpeg_viewer.web.streams import OTHER_PARAMETERS
from tests.fuzz.http import Fuzzer, run_server
from tests.kit import Site

DOCUMENT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docs/openapi.yaml").read_text())
METHODS = ("get", "post", "put", "patch", "delete", "options", "trace")
PARAMETERS = DOCUMENT["components"]["parameters"]


def documented() -> dict[tuple[str, str], Any]:
    """Each operation by method and path."""
    return {
        (method.upper(), path): item[method]
        for path, item in DOCUMENT["paths"].items()
        for method in METHODS
        if method in item
    }


def routes(site: Site) -> dict[tuple[str, str], str]:
    """Each route's name by method and path; a choice in a path, such as {format:jpg|png}, is one path for each."""
    found = {}
    for route in site.app.router.routes():
        assert route.resource is not None
        pattern = route.resource.canonical
        choices = {"{format}": ("jpg", "png", "npy")}
        paths = [pattern]
        for choice, words in choices.items():
            paths = [path.replace(choice, word) for path in paths for word in (words if choice in path else [""])]
        found.update({(route.method, path): str(route.resource.name) for path in paths})
    return found


async def test_routes_are_those_of_the_router(closed: Site):
    """Every route and method is described, nothing else is, and HEAD is there wherever GET is."""
    actual = routes(closed)
    assert {key for key in actual if key[0] != "HEAD"} == set(documented())
    assert {path for method, path in actual if method == "HEAD"} == {path for method, path in actual if method == "GET"}


async def test_open_are_those_that_the_guard_lists(closed: Site):
    """What needs no credentials by the description is what needs none by the guard."""
    names = routes(closed)
    here = OPEN & set(names.values())  # those of single sign-on are there only with [oidc]
    assert {names[key] for key, operation in documented().items() if operation.get("security") == []} == here


def names_of(path: str) -> set[str]:
    """What the description says that an address may carry."""
    operation = DOCUMENT["paths"][path]["get"]
    references = [parameter["$ref"].rpartition("/")[2] for parameter in operation["parameters"]]
    return {PARAMETERS[key]["name"] for key in references}


def test_parameters_are_those_that_are_read():
    """Streams, snapshots and events take the parameters that are described, and no other."""
    for prefix in ("", "/cameras/{camera}"):
        assert names_of(f"{prefix}/stream.mjpg") == NAMES | OTHER_PARAMETERS
        assert names_of(f"{prefix}/snapshot.jpg") == (NAMES - {"fps"}) | OTHER_PARAMETERS | {"max_age_ms"}
        assert names_of(f"{prefix}/snapshot.npy") == OTHER_PARAMETERS | {"max_age_ms"}
        assert names_of(f"{prefix}/events") == {"background", "channels", "rate", "viewer"}
    assert names_of("/") == names_of("/stream.mjpg") | {"find"}


NUMBERS = [key for key, parameter in PARAMETERS.items() if "minimum" in parameter["schema"]]
WORDS = [key for key in NAMES & PARAMETERS.keys() if "enum" in (lambda s: s.get("items", s))(PARAMETERS[key]["schema"])]


def accepts(key: str, value: object) -> bool:
    """Whether query.py takes the value."""
    query = {key: format(value, ".17g") if isinstance(value, float) else str(value)}
    if key in ("low", "high"):
        query = {"levels": "fixed", "low": "-1e300", "high": "1e300", **query}
    read = {"rate": parse_selection, "max_age_ms": parse_max_age, "frames": parse_frames}.get(key, parse_rendition)
    try:
        read(query)  # type: ignore[operator]
    except RenditionError as error:
        return "expected less than" in str(error)
    return True


@pytest.mark.parametrize("key", [*NUMBERS, "frames"])
def test_bounds_of_numbers_are_those_that_are_kept(key: str):
    """The least and the largest that are described are taken, and nothing beyond."""
    schema = DOCUMENT["components"]["schemas"]["Frames"] if key == "frames" else PARAMETERS[key]["schema"]
    low, high = schema["minimum"], schema["maximum"]
    assert accepts(key, low)
    assert accepts(key, high)
    beyond = (low - 1, high + 1) if schema["type"] == "integer" else (low - abs(low) / 2, high * 1.5)
    assert not accepts(key, beyond[0])
    assert not accepts(key, beyond[1])


@pytest.mark.parametrize("key", WORDS)
def test_words_are_those_that_are_known(key: str):
    """Each word that is described is taken; a refusal names no other."""
    schema = PARAMETERS[key]["schema"]
    words = [str(word) for word in schema.get("items", schema)["enum"]]
    if key != "levels":
        assert all(accepts(key, word) for word in words)
    with pytest.raises(RenditionError) as caught:
        parse_rendition({key: "nonsense"})
    assert str(caught.value).split("expected ")[1].split(", ") == words


def test_region_is_as_described():
    """The pattern of a region takes and refuses what query.py does."""
    pattern = re.compile(PARAMETERS["roi"]["schema"]["pattern"])
    for text in (
        "0,0,1,1",
        "1,2,3,4",
        "999999999,0,001,100000000",
        "0,0,0,1",
        "0,0,1,0",
        "1,2,3",
        "-1,0,1,1",
        "a,b,c,d",
    ):
        assert bool(pattern.fullmatch(text)) == accepts("roi", text), text


def test_answers_are_those_described(tmp_path: Path):
    """Whatever is asked, by whomever: statuses, types and shapes are described, and nothing is logged as an error."""
    with run_server(tmp_path) as server:
        fuzzer = Fuzzer(server.base, seed=1)
        fuzzer.run(500)
        assert server.find_faults() == []
    assert {200, 303, 400, 401, 404} <= set(fuzzer.statuses)
    assert set(fuzzer.statuses) <= {200, 204, 303, 400, 401, 404, 415, 429, 503}
