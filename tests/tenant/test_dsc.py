"""Microsoft365DSC: the configuration and its JSON, the tenant's name in them, and files that were cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.errors import TenantError
from tests.tenant import renderings as r
from tests.tenant import shapes
from tests.tenant.loading import load


def test_the_tenants_name_in_a_configuration(tmp_path: Path) -> None:
    """Microsoft365DSC writes a variable for the tenant's name; the data file beside it says what it is."""
    accepted = ({**r.ACCEPTED[0], "DomainName": shapes.TENANT_NAME}, *r.ACCEPTED)
    for render in (shapes.dsc, shapes.dsc_json):
        r.write(tmp_path, a=render({**r.TENANT, "accepted": accepted}))
        (tmp_path / "ConfigurationData.psd1").unlink(missing_ok=True)
        with pytest.raises(TenantError, match=r"DomainName: '\$OrganizationName' stands .* put ConfigurationData.psd1"):
            load(tmp_path)
        (tmp_path / "ConfigurationData.psd1").write_bytes(shapes.data_file())
        assert "contoso.onmicrosoft.com" in [domain.domain for domain in load(tmp_path).accepted or ()]


def test_resources_that_must_not_exist_are_none(tmp_path: Path) -> None:
    """A resource with Ensure = "Absent" is no connector of the tenant."""
    text = shapes.dsc(r.TENANT).decode()
    first = text.index("Ensure", text.index("EXOOutboundConnector"))
    snapshot = load(r.write(tmp_path, a=(text[:first] + text[first:].replace("Present", "Absent", 1)).encode()))
    assert [connector.name for connector in snapshot.outbound or ()] == ["Connector 3"]


CONFIGURATION = shapes.dsc(r.TENANT).decode()
BROKEN_CONFIGURATIONS = [
    (CONFIGURATION[: CONFIGURATION.index("SenderDomains")], "the configuration ends within a resource"),
    (CONFIGURATION[: CONFIGURATION.rindex("}")].rpartition("}")[0], "the configuration ends within a block"),
    (CONFIGURATION.replace('= "OnPremises"', '"OnPremises"', 1), "'ConnectorType' where `Property = value` is written"),
    (CONFIGURATION.replace('"*.Contoso.com"', '"System.String[]"'),
     "(Connector 3): RecipientDomains: 'System.String[]'"),
    (CONFIGURATION.replace('"OnPremises";', '"Hybrid";', 1), "(Connector 1): ConnectorType: 'Hybrid' is not known"),
]  # fmt: skip


@pytest.mark.parametrize("text, expected", BROKEN_CONFIGURATIONS, ids=range(len(BROKEN_CONFIGURATIONS)))
def test_a_broken_configuration_is_named(tmp_path: Path, text: str, expected: str) -> None:
    """A configuration that was cut or edited is refused with the place."""
    with pytest.raises(TenantError) as caught:
        load(r.write(tmp_path, a=text.encode()))
    assert expected in str(caught.value)
