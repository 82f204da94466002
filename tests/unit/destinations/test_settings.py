from typing import Any

import pytest

from heliograph.destinations import registry
from heliograph.destinations.settings import decode_settings, setting_fields
from heliograph.errors import ConfigError
from heliograph.model.json import JsonObject
from heliograph.model.secret import Secret

WEBENGAGE: JsonObject = {"api_host": "h", "license_code": "l", "rest_api_key": "k"}


def decode(type_: str, document: JsonObject) -> Any:
    return decode_settings(registry.get(type_), document)


@pytest.mark.parametrize(
    "names",
    [
        ("api_host", "license_code", "rest_api_key"),
        ("API Host", "License Code", "REST API Key"),
        ("apiHost", "licenseCode", "restApiKey"),
        ("host", "license", "api_key"),
    ],
)
def test_names_are_forgiving(names: tuple[str, str, str]):
    settings = decode("webengage", dict(zip(names, "hlk", strict=True)))
    assert (settings.api_host, settings.license_code) == ("h", "l")
    assert settings.rest_api_key == Secret("k")


def test_one_setting_under_two_names_is_refused():
    with pytest.raises(ConfigError) as caught:
        decode("webengage", {**WEBENGAGE, "host": "other"})
    assert caught.value.where == "$.host"


@pytest.mark.parametrize(
    ("type_", "document", "where"),
    [
        ("webengage", {"license_code": "l", "rest_api_key": "k"}, "$.api_host"),
        ("webengage", {**WEBENGAGE, "api_host": "ftp://h"}, "$.api_host"),
        ("webengage", {**WEBENGAGE, "api_host": "a b"}, "$.api_host"),
        ("webengage", {**WEBENGAGE, "api_host": "https://h/#x"}, "$.api_host"),
        ("heap", {"app_id": "1", "host": "h?x=1"}, "$.host"),
        (
            "moengage",
            {"workspace_id": "W", "data_api_key": "k", "base_url": "https://h/v1#x"},
            "$.base_url",
        ),
        ("webengage", {**WEBENGAGE, "rest_api_key": " "}, "$.rest_api_key"),
        ("webengage", {**WEBENGAGE, "rest_api_key": "a\nb"}, "$.rest_api_key"),
        ("webengage", {**WEBENGAGE, "rest_api_key": 5}, "$.rest_api_key"),
        ("webengage", {**WEBENGAGE, "over_limit": "explode"}, "$.over_limit"),
        ("webengage", {**WEBENGAGE, "calling_code": "+91"}, "$.calling_code"),
        ("webengage", {**WEBENGAGE, "separators": "."}, "$.separators"),
        ("moengage", {"workspace_id": "w", "data_api_key": "k"}, "$.data_center"),
        ("moengage", {"workspace_id": "w:x", "data_api_key": "k", "dc": "01"}, "$.workspace_id"),
        ("moengage", {"workspace_id": "w", "data_api_key": "k", "dc": "07"}, "$.data_center"),
        ("moengage", {"workspace_id": "w", "data_api_key": "k", "url": "nope"}, "$.base_url"),
        ("heap", {"app_id": 11}, "$.app_id"),
        ("heap", {"app_id": "11", "host": "https://u:p@h"}, "$.host"),
        ("webhook", {"url": "hooks.example.com"}, "$.url"),
        ("webhook", {"url": "http://h", "headers": {"a b": "c"}}, "$.headers"),
        ("webhook", {"url": "http://h", "headers": {"a": "c\r\nx: y"}}, "$.headers"),
        ("webhook", {"url": "http://h", "headers": {"Host": "c"}}, "$.headers"),
        (
            "webhook",
            {"url": "http://h", "headers": {"A": "c"}, "secret_headers": {"a": "c"}},
            "$.secret_headers",
        ),
        ("webhook", {"url": "http://h", "payload": "template"}, "$.template"),
        ("webhook", {"url": "http://h", "template": {"a": 1}}, "$.template"),
        (
            "webhook",
            {"url": "http://h", "payload": "template", "template": {"a": "$.b[0]"}},
            "$.template",
        ),
        ("webhook", {"url": "http://h", "signing_secret": "no base64!"}, "$.signing_secret"),
        ("webhook", {"url": "http://h", "timeout_s": 0}, "$.timeout_s"),
    ],
)
def test_a_mistake_is_named_with_its_path_and_meaning(type_: str, document: JsonObject, where: str):
    with pytest.raises(ConfigError) as caught:
        decode(type_, document)
    assert caught.value.code == "config.invalid"
    assert caught.value.where == where
    assert caught.value.allowed


def test_a_misspelt_setting_is_told_the_right_one():
    with pytest.raises(ConfigError, match="Did you mean 'separator'"):
        decode("webengage", {**WEBENGAGE, "separators": "."})


def test_secrets_are_trimmed_and_masked():
    settings = decode("webengage", {**WEBENGAGE, "rest_api_key": " key-1 \n"})
    assert settings.rest_api_key.reveal() == "key-1"
    assert "key-1" not in repr(settings)


def test_fields_tell_defaults_and_secrets():
    fields = {field.name: field for field in setting_fields(registry.get("webhook").settings)}
    assert fields["url"].required
    assert fields["headers"].default == {}
    assert fields["method"].default == "POST"
    assert fields["signing_secret"].secret
    assert not fields["url"].secret
