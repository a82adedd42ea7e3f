"""Requests about many orders through a whole gateway: in portions, and on after a restart."""

from pathlib import Path

from tests.app.bench import play, running, until

MANY = 400


def test_all_statuses_come_and_other_clients_are_answered_between_them(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": "", "TWO": ""}) as gateway:
            client, other = await gateway.client(), await gateway.client("TWO")
            await client.log_on()
            await other.log_on()
            await client.orders(*(f"O{number}" for number in range(MANY)))
            for number in range(MANY):
                await client.expect(f"35=8|11=O{number}|39=0")

            await client.send("35=AF|584=S|585=7", "35=AF|584=T|585=7")
            await client.expect("35=8|11=O0|150=I|584=S|911=400")
            await other.send("35=1|112=HELLO")
            await other.expect("35=0|112=HELLO")
            told = [await client.receive() for _ in range(MANY)]
            refused = [each for each in told if each[35] == "j"]
            last = told[-1]

            assert [f"O{n}" for n in range(1, MANY)] == [m[11] for m in told if m[35] == "8"]
            assert [("AF", "T", "4")] == [(m[372], m[379], m[380]) for m in refused]
            assert ("S", "Y") == (last[584], last[912])

    play(scenario())


def test_a_gateway_that_ends_in_a_mass_cancel_goes_on_with_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": ""}) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders(*(f"O{number}" for number in range(MANY)))
            for number in range(MANY):
                await client.expect(f"35=8|11=O{number}|39=0")
            await client.send(f"35=q|11=M|530=7|60={client.now()}")
            await client.expect(f"35=r|11=M|531=7|533={MANY}")

        async with running(tmp_path, sessions={"ONE": ""}) as gateway:
            orders = list(gateway.gateway.engine.orders)
            assert MANY == len(orders)
            await until(lambda: all(each.cancelling or not each.open for each in orders))

    play(scenario())
