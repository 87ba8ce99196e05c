"""/metrics: what Prometheus reads is what /state says, for who may see it, and counters never fall."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.web.keyring import make_keys
from mjpeg_viewer.web.rights import Rights
from mjpeg_viewer.web.tokens import Tokens, make_token, write_tokens
from tests.kit import Site, basic, receiving, run_site, until
from tests.web.conftest import USERS

DOCUMENT = Path(__file__).parents[2] / "docs/metrics.md"
ODD = 'a\\b"c\nd'
"""A name that the configuration does not allow, and that nothing else would keep from forging lines."""


async def read(site: Site, headers: Mapping[str, str] | None = None) -> dict[str, Metric]:
    """The metrics by name, as Prometheus' own parser has them."""
    async with site.get("/metrics", headers=headers) as response:
        text = await response.text()
        assert response.status == 200, text
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family for family in text_string_to_metric_families(text)}


def values(metric: Metric, *labels: str) -> dict[tuple[str, ...], float]:
    """The values of a metric by these labels."""
    return {tuple(sample.labels[label] for label in labels): sample.value for sample in metric.samples}


def cameras_in(metrics: Mapping[str, Metric]) -> set[str]:
    """The cameras that are named anywhere."""
    return {s.labels["camera"] for metric in metrics.values() for s in metric.samples if "camera" in s.labels}


async def test_metrics_are_the_state(site: Site, beam: Simulator):
    """Each number is the one that /state has, by its name and unit."""
    async with site.pictures() as pictures, site.events() as events:
        await site.until_watched(viewers=2)
        for _ in range(3):
            beam.send()
            await pictures.take()
            await events.take("frame")
        state = (await site.read_json("/state"))["cameras"]["beam"]
        metrics = await read(site)
    assert values(metrics["mjpeg_viewer_camera_online"], "camera") == {("beam",): 1}
    status = values(metrics["mjpeg_viewer_camera_status"], "status")
    assert {word for (word,), value in status.items() if value} == {state["status"]} == {"live"}
    assert set(status) == {("idle",), ("connecting",), ("silent",), ("undecodable",), ("live",)}
    for name, key in (
        ("messages_received", "messages_received"),
        ("received_bytes", "bytes_received"),
        ("messages_displaced", "displaced"),
        ("encoded", "encoded"),
        ("last_message_timestamp_seconds", "last_message"),
    ):
        assert values(metrics[f"mjpeg_viewer_{name}"], "camera") == {("beam",): state[key]}, name
    assert state["messages_received"] == 3
    kinds = {viewer["kind"]: viewer for viewer in state["viewers"]}
    assert values(metrics["mjpeg_viewer_viewers"], "camera", "kind") == {("beam", kind): 1 for kind in kinds}
    sent = values(metrics["mjpeg_viewer_sent"], "kind")
    assert sent[("stream",)] == kinds["stream"]["sent"] == 3
    assert values(metrics["mjpeg_viewer_sent_bytes"], "kind")[("stream",)] == kinds["stream"]["sent_bytes"]
    (process,) = metrics["process_resident_memory_bytes"].samples
    assert process.value > 1e6


async def test_what_has_left_is_still_counted(site: Site, beam: Simulator):
    """Counters are no lower when viewers left, in whatever way; gauges are."""
    before: dict[tuple[str, ...], float] = {}
    for page in ("", "?viewer=a", "?viewer=a", "?width=64"):
        async with site.pictures(f"/cameras/beam/stream.mjpg{page}") as pictures, site.events("/events"):
            await site.until_watched(viewers=2)
            beam.send()
            await pictures.take()
            before = await _rise(site, before)
        await until(lambda: not list(site.viewers))
        before = await _rise(site, before)
    assert values((await read(site))["mjpeg_viewer_sent"], "kind")[("stream",)] == 4
    assert values((await read(site))["mjpeg_viewer_viewers"], "kind") == {("stream",): 0, ("events",): 0}


async def _rise(site: Site, before: Mapping[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """Read all counters, none of which is below what it was before, nor gone."""
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for metric in (await read(site)).values()
        if metric.type == "counter"
        for sample in metric.samples
    }
    assert len(found) > 10
    assert all(found[key] >= value for key, value in before.items())
    return found


async def test_viewer_who_is_replaced_is_counted_once(site: Site, beam: Simulator):
    """A page's newer stream takes the older one's place, and what each was sent stays counted."""
    page = "/cameras/beam/stream.mjpg?viewer=a"
    async with site.pictures(page) as first:
        beam.send()
        await first.take()
        async with site.get(page) as second:
            assert second.status == 200
            await until(lambda: site.cameras["beam"].viewers == 1)
            beam.send()
            await second.content.readany()
            sent = site.viewers.traffic.count(site.viewers)
            await until(lambda: site.viewers.traffic.count(site.viewers)["beam", "stream"].items == 2)
            assert sent["beam", "stream"].size_bytes > 1000


async def test_damaged_messages_and_refusals_have_their_reasons(site: Site, beam: Simulator):
    """What cannot be shown is counted by kind, and so are requests that are none."""
    async with site.raw("nonsense") as raw:
        assert (await raw.read_head())[0] == 400
    metrics = await read(site)
    assert values(metrics["mjpeg_viewer_refused"], "reason") == {("malformed request",): 1}
    assert metrics["mjpeg_viewer_messages_undecodable"].samples == []
    site.cameras["beam"].troubles.note("lz4", "the block is damaged")
    metrics = await read(site)
    assert values(metrics["mjpeg_viewer_messages_undecodable"], "camera", "reason") == {("beam", "lz4"): 1}


async def test_each_sees_the_metrics_of_his_cameras(beam: Simulator, tmp_path: Path):
    """A forbidden camera stands nowhere; a token has its own alone, and nothing of the server; nobody has anything."""
    keys = make_keys()
    token, text = make_token("prometheus", "beam", 60, keys)
    write_tokens(tmp_path / "tokens", [token], None)
    tokens, rights = Tokens(tmp_path / "tokens", keys), Rights({"optics7": {"ada"}})
    with Simulator(Beam(160, 120)) as hidden:
        cameras = {"optics7": hidden.url, "beam": beam.url}
        async with run_site(cameras, users=USERS, keys=keys, rights=rights, tokens=tokens) as site:
            await receiving(beam)
            await receiving(hidden)
            ada = basic("ada", "right")
            async with site.pictures("/cameras/optics7/stream.mjpg", headers=ada), site.events("/events", headers=ada):
                await until(lambda: len([*site.viewers]) == 2)
                assert cameras_in(await read(site, ada)) == {"optics7", "beam"}
                bobs = await read(site, basic("bob", "other"))
                assert cameras_in(bobs) == {"beam"}
                assert "process_open_fds" in bobs
                tokens_ = await read(site, {"Authorization": f"Bearer {text}"})
                assert cameras_in(tokens_) == {"beam"}
                assert {name for name in tokens_ if not name.startswith("mjpeg_viewer_")} == set()
                assert not {"mjpeg_viewer", "mjpeg_viewer_refused"} & set(tokens_)
            for headers in ({}, {"Authorization": "Bearer guessed"}, basic("ada", "wrong")):
                async with site.get("/metrics", headers=headers) as response:
                    assert response.status == 401
                    assert "mjpeg_viewer_" not in await response.text()


async def test_names_are_escaped(beam: Simulator):
    """A name that would begin a line of its own, or end its quotes, comes back as it was."""
    async with run_site({ODD: beam.url, "other": beam.url}) as site:
        assert cameras_in(await read(site)) == {ODD, "other"}


async def test_document_names_each_metric(site: Site, beam: Simulator):
    """docs/metrics.md has one row for each metric, with its type and labels, and no other row."""
    site.cameras["beam"].troubles.note("lz4", "the block is damaged")
    async with site.raw("nonsense") as raw:
        await raw.read_head()
    await _until_received(site, beam)
    found = {}
    for metric in (await read(site)).values():
        if not metric.name.startswith("process_"):
            name = metric.name + ("_total" if metric.type == "counter" else "")
            found[name] = (metric.type, {label for sample in metric.samples for label in sample.labels})
        assert metric.documentation
    section = DOCUMENT.read_text().split("## What there is")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line[:3] == "| `"]
    said = {name.strip("`"): (kind, set(re.findall(r"\w+", labels))) for name, kind, labels, _ in rows}
    assert said.pop("process_…") == ("", set())
    assert said == found


async def _until_received(site: Site, beam: Simulator) -> None:
    beam.send()
    await until(lambda: site.cameras["beam"].status.online)


def promtool(*arguments: str, given: str = "") -> str:
    """Run Prometheus' own checker; its words."""
    program = shutil.which("promtool")
    if program is None:
        assert os.environ.get("CI") != "true", "there is no promtool; tests/prepare.sh installs it"
        pytest.skip("there is no promtool; as root, type: apt-get install -y prometheus")
    ran = subprocess.run([program, *arguments], input=given, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


async def test_promtool_has_no_complaint(site: Site, beam: Simulator):
    """Prometheus' own checker of names, types and help finds nothing to say."""
    site.cameras["beam"].troubles.note("lz4", "the block is damaged")
    await _until_received(site, beam)
    async with site.get("/metrics") as response:
        text = await response.text()
    assert await asyncio.to_thread(promtool, "check", "metrics", given=text) == ""


def test_sample_configuration_and_alerts_are_good(tmp_path: Path):
    """What the document says to write is what Prometheus reads, and its alerts ask for metrics that there are."""
    document = DOCUMENT.read_text()
    scrape, rules = re.findall(r"```yaml\n(.*?)```", document, re.DOTALL)
    (job,) = yaml.safe_load(scrape)["scrape_configs"]
    assert job["basic_auth"]["username"]
    alerts = yaml.safe_load(rules)["groups"][0]["rules"]
    assert len(alerts) == 3
    named = set(re.findall(r"mjpeg_viewer_\w+", " ".join(alert["expr"] for alert in alerts)))
    assert named <= set(re.findall(r"`(mjpeg_viewer_\w+)`", document))
    (tmp_path / "prometheus.yml").write_text(scrape)
    (tmp_path / "rules.yml").write_text(rules)
    promtool("check", "config", "--syntax-only", str(tmp_path / "prometheus.yml"))
    assert "3 rules found" in promtool("check", "rules", str(tmp_path / "rules.yml"))
