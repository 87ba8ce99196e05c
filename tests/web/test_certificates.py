"""Certificates that are no good: named at the start, in one line."""

from pathlib import Path

import pytest

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.web.tls import Certificate
from tests.certificates import make_certificate


def make_faults(folder: Path) -> dict[str, tuple[Path, Path, str]]:
    """What can be wrong with the two files, and what is said of it."""
    chain, key = make_certificate(folder)
    _, other = make_certificate(folder, "other")
    locked_chain, locked = make_certificate(folder, "locked", password=b"secret")
    open_chain, open_key = make_certificate(folder, "open")
    open_key.chmod(0o644)
    rubbish = folder / "rubbish"
    rubbish.write_bytes(b"rubbish\xff")
    rubbish.chmod(0o600)
    missing = folder / "missing"
    return {
        "no certificate": (missing, key, r"tls_certificate: .*missing: No such file"),
        "no key": (chain, missing, r"tls_key: .*missing: No such file"),
        "certificate is rubbish": (rubbish, key, r"tls_certificate: .*rubbish holds no certificate"),
        "key is rubbish": (chain, rubbish, r"tls_key: .*rubbish: .*expected the key of"),
        "another's key": (chain, other, r"tls_key: .*other\.key: key values mismatch; expected the key of"),
        "locked key": (locked_chain, locked, r"tls_key: the key is locked by a password"),
        "everybody's key": (
            open_chain,
            open_key,
            r"tls_key: .*open\.key: others can read it \(mode 644\); type: chmod 640",
        ),
        "a folder": (folder, key, r"tls_certificate: .*Is a directory"),
    }


FAULTS = ["no certificate", "no key", "certificate is rubbish", "key is rubbish"]
FAULTS += ["another's key", "locked key", "everybody's key", "a folder"]


@pytest.mark.parametrize("fault", FAULTS)
def test_certificate_that_is_no_good_is_named(tmp_path: Path, fault: str):
    """Key of the configuration, file, and what is wrong: in one line."""
    chain, key, sentence = make_faults(tmp_path)[fault]
    with pytest.raises(ConfigurationError, match=sentence) as caught:
        Certificate(chain, key).load()
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_certificate_that_ended_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """It is served, for a stopped server shows nobody anything; but the log says that no browser will take it."""
    Certificate(*make_certificate(tmp_path, days=-1)).load()
    assert "one.pem ended on " in caplog.text
