"""The directories that gateway.toml may name."""

from fixgw.directory.broctagon.config import BroctagonConfig
from fixgw.directory.broctagon.execution import Broctagon
from fixgw.directory.registry import DIRECTORIES
from fixgw.model.accounts import DirectoryName
from fixgw.runtime.secrets import Secret


def test_broctagon_is_made_of_its_table():
    kind = DIRECTORIES["broctagon"]
    config = kind.config(
        url="https://crm.example.com", key=Secret("k"), connection_id="c", account_is_login=True
    )
    made = kind.make(DirectoryName("crm"), config)

    assert (BroctagonConfig, Broctagon, "crm") == (kind.config, type(made), made.name)
    assert (True, False) == (made.knows("1001"), made.knows("A"))
