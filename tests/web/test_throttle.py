"""Failed logins are slowed, by user and by address, and nobody is locked out by others' failures."""

import asyncio
import logging
import threading

import pytest

from mjpeg_viewer.errors import TooManyFailuresError
from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.users import Users
from mjpeg_viewer.web import throttle as throttle_module
from mjpeg_viewer.web.places import find_network
from mjpeg_viewer.web.throttle import Throttle
from tests.kit import Site, basic, run_site
from tests.raw import PATIENCE
from tests.web.conftest import USERS
from tests.web.test_login import post


class Clock:
    """A time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def fail(throttle: Throttle, user: str, address: str) -> int:
    """Try a wrong password; the wait if that was refused, else 0."""
    try:
        throttle.begin(user, address)
    except TooManyFailuresError as error:
        return error.wait
    return 0


# -- the rule


def test_five_failures_then_one_in_half_a_minute(throttle: Throttle, clock: Clock):
    """Of one user at one address; a try that is refused costs nothing more."""
    assert [fail(throttle, "ada", "10.0.0.1") for _ in range(5)] == [0] * 5
    for passed, wait in ((0, 30), (0, 30), (20, 10), (9.5, 1)):
        clock.now += passed
        assert fail(throttle, "ada", "10.0.0.1") == wait
    clock.now += 0.5
    assert [fail(throttle, "ada", "10.0.0.1") for _ in range(2)] == [0, 30]
    clock.now += 5 * 30
    assert [fail(throttle, "ada", "10.0.0.1") for _ in range(6)] == [0] * 5 + [30]


def test_success_clears_ones_failures(throttle: Throttle):
    """Who got in begins anew."""
    for _ in range(4):
        fail(throttle, "ada", "10.0.0.1")
    throttle.begin("ada", "10.0.0.1").succeed()
    assert [fail(throttle, "ada", "10.0.0.1") for _ in range(6)] == [0] * 5 + [30]


def test_address_that_tries_many_users_is_slowed(throttle: Throttle, clock: Clock):
    """Twenty failures of whomever, then one in 5 s; other addresses do not notice."""
    assert [fail(throttle, f"user{number}", "10.0.0.1") for number in range(20)] == [0] * 20
    assert fail(throttle, "user20", "10.0.0.1") == 5
    assert fail(throttle, "user20", "10.0.0.2") == 0
    clock.now += 5
    assert [fail(throttle, f"user{number}", "10.0.0.1") for number in (20, 21)] == [0, 5]


def test_who_got_in_from_an_address_does_not_wait_for_others_there(throttle: Throttle):
    """A guesser behind the same router slows who was never there, and not who was."""
    throttle.begin("ada", "10.0.0.1").succeed()
    for number in range(30):
        fail(throttle, f"user{number}", "10.0.0.1")
    assert fail(throttle, "bob", "10.0.0.1") == 5
    assert fail(throttle, "ada", "10.0.0.1") == 0


def test_user_under_attack_from_everywhere_gets_in_at_the_first_try(throttle: Throttle, clock: Clock):
    """After fifty failures each new address has one try in 30 s; where he was before, he has five as ever."""
    throttle.begin("ada", "10.0.0.1").succeed()
    refused = 0
    for number in range(1000):
        refused += bool(fail(throttle, "ada", f"192.0.2.{number % 200}"))
        clock.now += 0.01
    assert refused > 700
    assert [fail(throttle, "ada", "10.0.0.2") for _ in range(2)] == [0, 30]
    assert [fail(throttle, "ada", "10.0.0.1") for _ in range(6)] == [0] * 5 + [30]
    assert [fail(throttle, "bob", "10.0.0.3") for _ in range(5)] == [0] * 5


def test_ipv6_counts_by_network():
    """One host has 2^64 addresses of its own; an IPv4 address in IPv6's clothes is what it is."""
    assert find_network("2001:db8:1:2:3:4:5:6") == find_network("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert find_network("2001:db8:1:3::1") != find_network("2001:db8:1:2::1")
    assert find_network("fe80::1%eth0") == "fe80::/64"
    assert find_network("::ffff:192.0.2.1") == find_network("192.0.2.1") == "192.0.2.1"
    assert find_network("") == ""


def test_memory_is_bounded(throttle: Throttle, monkeypatch: pytest.MonkeyPatch):
    """Whoever makes up names and addresses fills a table that has an end, and drops only what is oldest."""
    monkeypatch.setattr(throttle_module, "_MOST", 100)
    for number in range(1000):
        fail(throttle, "x" * 60_000 + str(number), f"2001:db8:{number:x}::1")
        throttle.begin(f"user{number}", "10.0.0.1").succeed()
    for _ in range(5):
        fail(throttle, "ada", "10.0.0.2")
    assert len(throttle._levels) <= 100
    assert len(throttle._known) <= 100
    assert max(len(part) for key in throttle._levels for part in key) <= 65
    assert fail(throttle, "ada", "10.0.0.2") == 30


def test_refusals_are_one_line_in_ten_seconds(throttle: Throttle, clock: Clock, caplog: pytest.LogCaptureFixture):
    """A guesser does not fill the log."""
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            fail(throttle, "ada", "10.0.0.1")
        clock.now += 10
        fail(throttle, "ada", "10.0.0.1")
    assert [record.getMessage() for record in caplog.records] == [
        "1 logins were refused, as too many had failed; the latest from 10.0.0.1",
        "95 logins were refused, as too many had failed; the latest from 10.0.0.1",
    ]


# -- at the doors


async def answer(site: Site, kind: str, user: str, password: str) -> tuple[int, str | None]:
    """Status and Retry-After of a login."""
    if kind == "form":
        status, headers, _ = await post(site, "/login", username=user, password=password)
        return status, headers.get("Retry-After")
    async with site.get("/state", headers=basic(user, password)) as response:
        return response.status, response.headers.get("Retry-After")


@pytest.mark.parametrize("user", ["ada", "nobody"])
@pytest.mark.parametrize("kind", ["form", "basic"])
async def test_guesser_is_told_when_to_come_again(beam: Simulator, clock: Clock, kind: str, user: str):
    """429 with Retry-After, whether the user exists or not; the right password waits too, and then opens."""
    async with run_site({"beam": beam.url}, users=USERS, throttle=Throttle(clock)) as site:
        for number in range(5):
            assert await answer(site, kind, user, f"guess{number}") == (401, None)
        assert await answer(site, kind, user, "guess5") == (429, "30")
        assert await answer(site, kind, user, "right") == (429, "30")
        assert await answer(site, kind, "bob", "other") == (303 if kind == "form" else 200, None)
        clock.now += 30
        right = (303 if kind == "form" else 200) if user == "ada" else 401
        assert await answer(site, kind, user, "right") == (right, None)
        assert await answer(site, kind, user, "guess6") == ((401, None) if user == "ada" else (429, "30"))


async def test_form_says_it_in_words(beam: Simulator, clock: Clock):
    """A person sees the form again, with the name and how long to wait."""
    async with run_site({"beam": beam.url}, users=USERS, throttle=Throttle(clock)) as site:
        for number in range(5):
            await post(site, "/login", username="ada", password=f"guess{number}")
        status, _, page = await post(site, "/login", username="ada", password="right", next="/state")
        assert status == 429
        assert "Too many logins failed; try again in 30 s." in page
        assert 'value="ada"' in page
        assert 'value="/state"' in page


async def test_waiting_guesser_learns_nothing_of_passwords_in_use(beam: Simulator, clock: Clock):
    """A password that was checked before is no quicker way to find out that it is right."""
    async with run_site({"beam": beam.url}, users=USERS, throttle=Throttle(clock)) as site:
        assert await answer(site, "basic", "ada", "right") == (200, None)
        for number in range(5):
            await answer(site, "basic", "ada", f"guess{number}")
        assert await answer(site, "basic", "ada", "right") == await answer(site, "basic", "ada", "wrong") == (429, "30")


async def test_sessions_do_not_wait(beam: Simulator, clock: Clock):
    """Who is logged in watches on, whatever fails in his name or at his address."""
    async with run_site({"beam": beam.url}, users=USERS, throttle=Throttle(clock)) as site:
        cookie = await site.log_in("ada", "right")
        for number in range(20):
            await answer(site, "basic", "ada", f"guess{number}")
            await answer(site, "basic", "bob", f"guess{number}")
        async with site.get("/state", headers=cookie) as response:
            assert response.status == 200


async def test_program_that_opens_many_at_once_is_checked_once(beam: Simulator, monkeypatch: pytest.MonkeyPatch):
    """Ten requests with the same right password are ten answers and one hash; with the same wrong one, one failure."""
    checked: list[str] = []
    begun: list[str] = []
    all_began = threading.Event()

    def begin(self: Throttle, user: str, address: str) -> object:
        begun.append(user)
        if len(begun) % 10 == 0:
            all_began.set()
        return original_begin(self, user, address)

    def verify(self: Users, name: str, password: str) -> bool:
        checked.append(password)
        assert all_began.wait(PATIENCE)
        all_began.clear()
        return original_verify(self, name, password)

    original_begin, original_verify = Throttle.begin, Users.verify
    monkeypatch.setattr(Throttle, "begin", begin)
    monkeypatch.setattr(Users, "verify", verify)
    async with run_site({"beam": beam.url}, users=USERS) as site:
        for password, status in (("wrong", 401), ("right", 200)):
            answers = await asyncio.gather(*(answer(site, "basic", "ada", password) for _ in range(10)))
            assert answers == [(status, None)] * 10
    assert checked == ["wrong", "right"]


async def test_wrong_tokens_are_slowed_apart_from_passwords(beam: Simulator, clock: Clock):
    """After twenty 429; who has a password at the same address does not notice."""
    async with run_site({"beam": beam.url}, users=USERS, throttle=Throttle(clock)) as site:
        seen = []
        for _ in range(22):
            async with site.get("/cameras/beam/stream.mjpg?token=mvt_guess") as response:
                seen.append((response.status, response.headers.get("Retry-After")))
        assert seen == [(401, None)] * 20 + [(429, "5")] * 2
        assert await answer(site, "basic", "ada", "right") == (200, None)
