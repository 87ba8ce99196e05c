"""What an URL's query may say, and which rendition or selection it becomes."""

import pytest
from yarl import URL

from mjpeg_viewer.errors import RenditionError
from mjpeg_viewer.query import parse_rendition, parse_selection
from mjpeg_viewer.rendition import Rendition, Roi, Selection


def test_nothing_asked_is_the_default():
    """Without a query a viewer gets every frame as sent, at a good quality."""
    assert parse_rendition({}) == Rendition(width=None, quality=85, fps=None)
    assert parse_selection({}) == Selection(channels=None, rate=None)


@pytest.mark.parametrize(
    ("query", "rendition"),
    [
        ({"width": "320", "quality": "50", "fps": "12.5"}, Rendition(width=320, quality=50, fps=12.5)),
        ({"width": "16", "quality": "1", "fps": "0.01"}, Rendition(width=80, quality=1, fps=0.01)),
        ({"width": "65500", "quality": "100", "fps": "1000"}, Rendition(width=65500, quality=100, fps=1000.0)),
        ({"width": "7681"}, Rendition(width=10240)),
        ({"levels": "minmax"}, Rendition(levels="minmax", low=None, high=None)),
        ({"levels": "fixed", "low": "-3.5", "high": "1e4"}, Rendition(levels="fixed", low=-3.5, high=10_000.0)),
        ({"levels": "percentile", "low": "0", "high": "100"}, Rendition(levels="percentile", low=0.0, high=100.0)),
        ({"low": "10"}, Rendition(low=10.0)),
        ({"norm": "log", "colormap": "viridis"}, Rendition(norm="log", colormap="viridis")),
        ({"roi": "0,5,640,480"}, Rendition(roi=Roi(0, 5, 640, 480))),
        ({"flip": "horizontal"}, Rendition(mirror=True)),
        ({"rotate": "270"}, Rendition(rotate=270)),
        ({"overlay": "time,centroid"}, Rendition(overlay=("centroid", "time"))),
        ({"background": "subtract"}, Rendition(background=True)),
    ],
)
def test_parameters_are_read_up_to_their_bounds(query: dict[str, str], rendition: Rendition):
    """The ends of each range belong to it."""
    assert parse_rendition(query) == rendition


@pytest.mark.parametrize("text", ["", " ", "abc", "0", "-5", "1e3", "85.5", "nan", "inf", "0x50", "101",
                                  "9" * 5000, "8_5", " 85", "85 ", "+85", "\u0663\u0662", "8\n"])  # fmt: skip
def test_bad_whole_number_is_refused_with_key_value_and_range(text: str):
    """A bad value is named, never replaced."""
    with pytest.raises(RenditionError) as caught:
        parse_rendition({"quality": text})
    assert str(caught.value) == f"quality={text!r}: expected a whole number from 1 to 100"


@pytest.mark.parametrize("text", ["", "abc", "0", "-1", "0.009", "1001", "nan", "inf", "1,5", "9" * 5000, "1_0", " 5",
                                  "5\n", "+5", "\u0665", ".", "1e", "e1", "0x5"])  # fmt: skip
def test_bad_rate_is_refused_with_key_value_and_range(text: str):
    """Infinity and what is no number would be a period of zero or of no time at all."""
    for key, parse in (("fps", parse_rendition), ("rate", parse_selection)):
        with pytest.raises(RenditionError) as caught:
            parse({key: text})
        assert str(caught.value) == f"{key}={text!r}: expected a number from 0.01 to 1000"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("levels=bright", "levels='bright': expected auto, minmax, percentile, fixed"),
        ("levels=fixed", "levels='fixed': expected low=, the pixel value of black, too"),
        ("levels=fixed&low=5", "levels='fixed': expected high=, the pixel value of white, too"),
        ("levels=fixed&low=5&high=5", "low='5': expected less than high='5'"),
        ("levels=fixed&low=nan&high=5", "low='nan': expected a number from -1e+300 to 1e+300"),
        ("levels=fixed&low=0&high=inf", "high='inf': expected a number from -1e+300 to 1e+300"),
        ("levels=fixed&low=0&high=1e301", "high='1e301': expected a number from -1e+300 to 1e+300"),
        ("low=-1", "low='-1': expected a number from 0 to 100"),
        ("high=101", "high='101': expected a number from 0 to 100"),
        ("low=99.9", "low='99.9': expected less than high='99.5'"),
        ("levels=minmax&high=5", "high: levels=minmax finds it by itself; leave it out, or ask for levels=fixed"),
        ("norm=cubic", "norm='cubic': expected linear, log, sqrt"),
        ("colormap=virdis", "colormap='virdis': expected grey, grey-inverted, viridis, cividis, inferno, plasma,"),
        ("rotate=45", "rotate='45': expected 0, 90, 180, 270"),
        ("rotate=-90", "rotate='-90': expected 0, 90, 180, 270"),
        ("flip=up", "flip='up': expected none, horizontal, vertical, both"),
        ("roi=1,2,3", "roi='1,2,3': expected x,y,width,height in whole pixels, such as 100,50,640,480"),
        ("roi=1,2,3,0", "roi='1,2,3,0': expected x,y,width,height in whole pixels"),
        ("roi=-1,2,3,4", "roi='-1,2,3,4': expected x,y,width,height in whole pixels"),
        ("roi=1,2,3,4.5", "roi='1,2,3,4.5': expected x,y,width,height in whole pixels"),
        ("overlay=clock", "overlay='clock': expected time, crosshair, centroid, scale"),
        ("background=on", "background='on': expected keep, subtract"),
    ],
)
def test_bad_value_is_named_with_what_would_do(query: str, message: str):
    """Each refusal names the key, what was found, and what is expected."""
    with pytest.raises(RenditionError) as caught:
        parse_rendition(URL("/?" + query).query)
    assert str(caught.value).startswith(message)


def test_unknown_parameter_is_refused_with_those_that_are_known():
    """A misspelt parameter that did nothing would be worse than an error."""
    with pytest.raises(RenditionError, match=r"^unknown parameter 'qualty'; known here are .*fps, .*parts, .*width"):
        parse_rendition({"qualty": "50"}, also={"parts"})
    with pytest.raises(RenditionError, match=r"^unknown parameter 'fps'; known here are background, channels, rate$"):
        parse_selection({"fps": "5"})


@pytest.mark.parametrize("query", ["width=100&width=900", "width=100&width=100", "width=100&quality=50&width=100"])
def test_parameter_that_stands_there_twice_is_refused(query: str):
    """Which of the two was meant, nobody can tell."""
    name = query.partition("=")[0]
    with pytest.raises(RenditionError, match=f"^parameter '{name}' stands there twice; give it once$"):
        parse_rendition(URL("/?" + query).query, also={"viewer"})


def test_what_the_caller_reads_may_stand_there_twice():
    """A page of many pictures names a viewer for each."""
    query = URL("/?viewer=a&width=100&viewer=b").query
    assert parse_rendition(query, also={"viewer"}) == Rendition(width=120)


def test_selection_that_stands_there_twice_is_refused():
    """The same holds for events."""
    with pytest.raises(RenditionError, match=r"^parameter 'channels' stands there twice; give it once$"):
        parse_selection(URL("/?channels=a&channels=b").query)


def test_rates_have_three_digits():
    """So many encoders could anybody start with rates that differ in the seventh digit."""
    assert len({parse_rendition({"fps": f"12.{digits:06}"}) for digits in range(1000)}) == 1
    assert parse_selection({"rate": "0.012345"}).rate == 0.0123
    assert parse_selection({"rate": "999.99"}).rate == 1000.0


def test_what_the_caller_reads_itself_is_left_to_it():
    """Other parameters of the same query are neither refused nor part of the key."""
    assert parse_rendition({"viewer": "x", "width": "100"}, also={"viewer"}) == Rendition(width=120)
    assert parse_selection({"viewer": "x", "rate": "2"}, also={"viewer"}) == Selection(rate=2.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"width": "320", "fps": "5"}, {"fps": "5.0", "width": "0320"}),
        ({"quality": "85"}, {}),
        ({"fps": "1e1"}, {"fps": "10"}),
        ({"fps": ".5"}, {"fps": "0.50000000001"}),
        ({"fps": "10."}, {"fps": "9.9999"}),
        ({"fps": "33.333333"}, {"fps": "33.3"}),
        ({"width": "601"}, {"width": "640"}),
        ({"flip": "vertical"}, {"rotate": "180", "flip": "horizontal"}),
        ({"flip": "both"}, {"rotate": "180"}),
        ({"rotate": "90", "flip": "both"}, {"rotate": "270"}),
        ({"rotate": "180", "flip": "both"}, {}),
        ({"levels": "auto", "low": "0.50"}, {}),
        ({"levels": "fixed", "low": "0", "high": "255"}, {"high": "2.55e2", "low": "-0", "levels": "fixed"}),
        ({"overlay": "time,scale,time"}, {"overlay": "scale,,time"}),
        ({"background": "keep", "colormap": "grey", "norm": "linear", "flip": "none", "rotate": "0"}, {}),
    ],
)
def test_equal_wishes_are_one_key(one: dict[str, str], other: dict[str, str]):
    """Two viewers that ask for the same, in whatever order and spelling, share one encoder."""
    assert parse_rendition(one) == parse_rendition(other)
    assert hash(parse_rendition(one)) == hash(parse_rendition(other))


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("a,b", ("a", "b")),
        ("b,a", ("a", "b")),
        ("a,,b,", ("a", "b")),
        ("a,a", ("a",)),
        ("", ()),
        (",", ()),
        ("*", None),
        ("b,*,b", ("*", "b")),
    ],
)
def test_selected_channels_have_one_order(text: str, channels: tuple[str, ...]):
    """The order and the repetition of names make no other selection; no name selects nothing, * what none does."""
    assert parse_selection({"channels": text}).channels == channels


def test_a_rendition_is_no_selection():
    """Both are keys of one camera's encoders, and must never be taken for each other."""
    assert len({Rendition(): 1, Selection(): 2}) == 2
