"""What the portal answers fits the contract's own schemas."""

import json

import jsonschema_rs
from lxml import etree

from workspace_conformance.contract.data_files import schema_path

from .support import Client
from .test_faults import asking_for_ids, identifying, reading, writing


def test_every_envelope_fits_its_schema(client: Client) -> None:
    validator = jsonschema_rs.validator_for(
        json.loads(schema_path("envelope.schema.json").read_text("utf-8"))
    )
    schema = etree.XMLSchema(etree.parse(schema_path("envelope.xsd")))
    seen = {"json": 0, "xml": 0}
    for part in (reading, asking_for_ids, identifying, writing):
        for reply in part(client):
            if reply.media.startswith("application/json"):
                validator.validate(reply.json)
                assert reply.json["statusCode"] == reply.status
                seen["json"] += 1
            else:
                schema.assertValid(reply.xml)
                assert reply.xml.findtext("statusCode") == str(reply.status)
                seen["xml"] += 1
            assert reply.status < 500
    assert min(seen.values()) > 50
