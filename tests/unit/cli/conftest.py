import pytest


@pytest.fixture(autouse=True)
def _commands_set_up_logging(logging_as_it_was: None) -> None:
    pass
