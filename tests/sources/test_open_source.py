"""Source URLs: what each names, and what is said of a bad one."""

import pytest

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.sources import open_source

EXAMPLE = "expected e.g. 'bsread+pull://host:9999' or 'bsread+sub://host:9999'"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("bsread+pull://gasu-cam1:8888", "tcp://gasu-cam1:8888"),
        ("bsread+sub://127.0.0.1:1", "tcp://127.0.0.1:1"),
        ("bsread+sub://127.0.0.1:65535/", "tcp://127.0.0.1:65535"),
        ("BSREAD+PULL://Host:9", "tcp://host:9"),
        ("bsread+pull://[::1]:9", "tcp://[::1]:9"),
        ("bsread+pull://[fe80::1%eth0.1]:9", "tcp://[fe80::1%eth0.1]:9"),
        ("bsread+pull://a-1.b_c.psi.ch.:9", "tcp://a-1.b_c.psi.ch.:9"),
        ("bsread+pull://1.2.3.4:9", "tcp://1.2.3.4:9"),
    ],
)
def test_url_names_a_source(url: str, address: str):
    """Scheme, host and port are all there is; nothing is connected yet."""
    source = open_source(url)
    assert source.address == address
    assert source.intake.connected is None
    source.stop()


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "has the unknown scheme ''"),
        ("host:9999", "has the unknown scheme 'host'"),
        ("//host:9999", "has the unknown scheme ''"),
        ("tcp://host:9999", "has the unknown scheme 'tcp'"),
        ("bsread://host:9999", "has the unknown scheme 'bsread'"),
        ("bsread+push://host:9999", "has the unknown scheme 'bsread+push'"),
        ("bsread+pull:host:9999", "has no host"),
        ("bsread+pull:/host:9999", "has no host"),
        ("bsread+pull://", "has no host"),
        ("bsread+pull://:9999", "has no host"),
        ("bsread+pull://host", "has no port"),
        ("bsread+pull://host:", "has no port"),
        ("bsread+pull://host:0", "has no port"),
        ("bsread+pull://host:9999/cam", "has more than host and port"),
        ("bsread+pull://host:9999?x=1", "has more than host and port"),
        ("bsread+pull://host:9999#x", "has more than host and port"),
        ("bsread+pull://user:secret@host:9999", "has more than host and port"),
        ("bsread+pull://*:9999", "has a host that cannot be one, '*'"),
        ("bsread+pull://a b:9999", "has a host that cannot be one, 'a b'"),
        ("bsread+pull://a;b:9999", "has a host that cannot be one, 'a;b'"),
        *(
            (f"bsread+pull://{host}:9999", f"has a host that cannot be one, {host!r}")
            for host in ("%", "...", "-", ".", "a..b", "-a", "a-", "a-.b", "_a", "a%b", "x" * 64)
        ),
        ("bsread+pull://a\0b:9999", r"has a host that cannot be one, 'a\x00b'"),
    ],
)
def test_bad_url_is_refused_with_what_is_wrong_and_an_example(url: str, fault: str):
    """The error shows the URL as given, its fault, and what a good one looks like."""
    with pytest.raises(ConfigurationError) as caught:
        open_source(url)
    assert str(caught.value) == f"{url!r} {fault}; {EXAMPLE}"


@pytest.mark.parametrize(
    "url", ["cam_server+http://anna:secret@host:8889/cam", "dispatcher+https://:secret@host/x?channels=A"]
)
def test_password_is_refused_and_not_shown(url: str):
    """Everybody who may see the camera is shown where it comes from."""
    with pytest.raises(ConfigurationError, match="'host' has a name or password before its host") as caught:
        open_source(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["bsread+pull://host:65536", "bsread+pull://host:-1", "bsread+pull://host:http",
                                 "bsread+pull://[::1:9", "bsread+pull://host:9999:9"])  # fmt: skip
def test_url_that_is_none_is_refused_in_the_parsers_words(url: str):
    """What urllib finds is passed on, with the URL and the example."""
    with pytest.raises(ConfigurationError) as caught:
        open_source(url)
    assert str(caught.value).startswith(f"{url!r}: ")
    assert str(caught.value).endswith(f"; {EXAMPLE}")


@pytest.mark.parametrize("host", ["[fe80::1%]", "[fe80::1%-]", "[fe80::1%a b]", "[a:b]", "[::1%a%b]", "[1.2.3.4]"])
def test_what_is_no_ipv6_address_is_refused(host: str):
    """What stands in brackets is one, with an interface at most; nothing else reaches ZeroMQ."""
    with pytest.raises(ConfigurationError) as caught:
        open_source(f"bsread+pull://{host}:9999")
    assert str(caught.value).endswith(f"; {EXAMPLE}")
