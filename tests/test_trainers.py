"""Which schedulers are spoken to; the trainers themselves are tested with the engine."""

import pytest

from core.trainers import check_address


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tcp://localhost:8786", "tls://192.0.2.7:8786"])
def test_scheduler_here_or_with_tls_is_accepted(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize("address", ["tcp://192.0.2.7:8786", "tcp://lab.example:8786", "tcp://0.0.0.0:8786"])
def test_scheduler_off_this_machine_without_tls_is_refused(address: str) -> None:
    with pytest.raises(RuntimeError, match="without encryption"):
        check_address(address)


@pytest.mark.parametrize("address", ["nonsense", "http://127.0.0.1:8786", "tcp://", "tcp://127.0.0.1"])
def test_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(RuntimeError, match="must look like"):
        check_address(address)
