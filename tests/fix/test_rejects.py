"""The bodies of the two rejects."""

from fixgw.fix.rejects import business_reject_body, reject_body

FIELDS = {34: "0012"}


def test_reject_names_the_message_by_the_number_it_gave_itself() -> None:
    assert reject_body("FIX.4.4", FIELDS, "D", 5, 54, "Value is incorrect") == (
        "45=0012\x01371=54\x01372=D\x01373=5\x0158=Value is incorrect\x01"
    )


def test_reject_without_a_tag_and_without_a_type() -> None:
    assert reject_body("FIXT.1.1", FIELDS, "", 99, None, "Other") == (
        "45=0012\x01373=99\x0158=Other\x01"
    )


def test_reject_leaves_out_what_fix_42_does_not_have() -> None:
    bodies = [reject_body("FIX.4.2", FIELDS, "D", reason, 54, "no") for reason in (11, 12)]

    assert bodies == [
        "45=0012\x01371=54\x01372=D\x01373=11\x0158=no\x01",
        "45=0012\x01371=54\x01372=D\x0158=no\x01",
    ]


def test_what_a_client_wrote_is_made_printable() -> None:
    assert reject_body("FIX.4.4", FIELDS, "\xff", 11, None, "no\x01way") == (
        "45=0012\x01372=?\x01373=11\x0158=no?way\x01"
    )


def test_business_reject() -> None:
    assert business_reject_body(FIELDS, "U1", 3, "Unsupported Message Type") == (
        "45=0012\x01372=U1\x01380=3\x0158=Unsupported Message Type\x01"
    )
    assert business_reject_body(FIELDS, "G", "4", "", "C1") == (
        "45=0012\x01372=G\x01379=C1\x01380=4\x0158=-\x01"
    )


def test_a_reject_goes_back_the_way_the_message_came() -> None:
    fields = FIELDS | {115: "JCD", 116: "CS", 144: "CHI"}
    assert reject_body("FIX.4.4", fields, "D", 5, 54, "no") == (
        "128=JCD\x01129=CS\x01145=CHI\x0145=0012\x01371=54\x01372=D\x01373=5\x0158=no\x01"
    )
    assert reject_body("FIX.4.4", FIELDS | {128: "J\xff", 129: ""}, "D", 5, 54, "no") == (
        "115=J?\x0145=0012\x01371=54\x01372=D\x01373=5\x0158=no\x01"
    )
