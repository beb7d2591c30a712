"""What a refreshed preview says, read as Pulumi writes it."""

from ops.estate.drift import Change, changes, named, parse, why

URN = "urn:pulumi:dev::poly::poly:railway:Estate$railway:index:Service::poly-service"


def test_only_what_would_change_is_named_with_its_properties() -> None:
    document: dict[str, object] = {
        "steps": [
            {"op": "same", "urn": "urn:pulumi:dev::poly::pulumi:pulumi:Stack::poly-dev"},
            {
                "op": "update",
                "urn": URN,
                "detailedDiff": {"startCommand": {"kind": "update"}, "drainingSeconds": {}},
            },
            {"op": "delete", "urn": URN, "diffReasons": ["name"]},
        ]
    }
    assert changes(document) == [
        Change("poly-service", "Service", "update", ("drainingSeconds", "startCommand")),
        Change("poly-service", "Service", "delete", ("name",)),
    ]


def test_a_document_without_steps_has_no_changes() -> None:
    assert changes({}) == []
    assert changes({"steps": "none"}) == []


def test_what_is_no_object_is_no_document() -> None:
    assert parse("error: no stack") is None
    assert parse("[]") is None
    assert parse('{"steps": []}') == {"steps": []}


def test_a_name_that_is_no_urn_stays_as_it_is() -> None:
    assert named(URN) == ("Service", "poly-service")
    assert named("poly-service") == ("", "poly-service")


def test_a_failure_is_told_by_its_first_error() -> None:
    told = {
        "diagnostics": [
            {"severity": "info", "message": "hello"},
            {"severity": "error", "message": "poly:region is missing\nmore"},
        ]
    }
    assert why(told, "exit status 255") == "poly:region is missing"
    assert why(None, "\nerror: no stack named 'x'\n") == "error: no stack named 'x'"
    assert why({}, "") == "it failed without a word"
