"""A message that people read shows no credential."""

import pytest

from fixgw.fix.masking import masked, secrets_in


def soh(text: str) -> bytes:
    return text.replace("|", "\x01").encode()


@pytest.mark.parametrize(
    ("raw", "shown", "secrets"),
    [
        ("8=F|35=A|553=jane|554=hunter2|10=1|", "8=F|35=A|553=jane|554=***|10=1|", ["hunter2"]),
        ("8=F|35=A|554=old-one|925=new-one1|", "8=F|35=A|554=***|925=***|",
         ["new-one1", "old-one"]),
        # RawData(96) is as long as RawDataLength(95) says, and may hold an SOH.
        ("8=F|35=A|95=9|96=sig|nature|98=0|", "8=F|35=A|95=9|96=***|98=0|", ["sig|natur"]),
        ("8=F|35=A|95=8|96=sig|natu|98=0|", "8=F|35=A|95=8|96=***|98=0|", ["sig|natu"]),
        ("8=F|35=A|96=token-1|98=0|", "8=F|35=A|96=***|98=0|", ["token-1"]),
        ("8=F|35=A|95=99|96=token-1|10=1|", "8=F|35=A|95=99|96=***", ["token-1|10=1|"]),
        ("8=F|35=A|1402=sealed|1404=sealed-too|", "8=F|35=A|1402=***|1404=***|",
         ["sealed-too", "sealed"]),
        ("8=F|35=D|11=554=x|38=1|", "8=F|35=D|11=554=x|38=1|", []),
        ("8=F|35=A|554=x|", "8=F|35=A|554=***|", []),  # of one letter every text is full
    ],
)
def test_credentials_are_masked(raw: str, shown: str, secrets: list[str]) -> None:
    assert soh(shown) == masked(soh(raw))
    assert [each.replace("|", "\x01") for each in secrets] == secrets_in(soh(raw))
