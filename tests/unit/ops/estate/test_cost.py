"""The bill by the published formula: whole buckets, the plan's floor, no backups on Hobby."""

from hypothesis import given
from hypothesis import strategies as st

from ops.estate.cost import Plan, Usage, against_old_plan, bill, estimate

amounts = st.floats(0, 100)
usages = st.builds(
    Usage,
    vcpu=amounts,
    memory_gb=amounts,
    volume_gb=amounts,
    backup_gb=amounts,
    egress_gb=amounts,
    bucket_gb=amounts,
)


def usage(vcpu: float, memory: float, volume: float, egress: float, *, bucket: float) -> Usage:
    return Usage(
        vcpu=vcpu,
        memory_gb=memory,
        volume_gb=volume,
        backup_gb=0.0,
        egress_gb=egress,
        bucket_gb=bucket,
    )


def test_a_small_bot_costs_the_subscription() -> None:
    small = usage(0.05, 0.25, 1, 2, bucket=1)
    assert round(small.usd(), 3) == 3.765
    assert (bill(small, Plan.HOBBY), bill(small, Plan.PRO)) == (5.0, 20.0)


def test_a_typical_bot_costs_its_usage_on_hobby_and_the_subscription_on_pro() -> None:
    row = estimate("typical", usage(0.10, 0.5, 2, 5, bucket=2), Plan.HOBBY)
    assert (row.usage_usd, row.bill_usd) == (7.58, 7.58)
    assert row.old_estimate == "$2.42 under"
    assert estimate("typical", usage(0.10, 0.5, 2, 5, bucket=2), Plan.PRO).bill_usd == 20.0


def test_a_bucket_is_billed_by_whole_gigabytes() -> None:
    assert usage(0, 0, 0, 0, bucket=1.01).usd() == usage(0, 0, 0, 0, bucket=2).usd() == 0.03
    assert usage(0, 0, 0, 0, bucket=0).usd() == 0


def test_the_old_estimate_is_met_between_its_bounds_inclusive() -> None:
    assert [against_old_plan(usd) for usd in (9.5, 10, 15, 20)] == [
        "$0.50 under",
        "within",
        "within",
        "$5.00 over",
    ]


@given(usages)
def test_a_bill_is_never_below_the_subscription_nor_below_what_was_used(used: Usage) -> None:
    for plan in Plan:
        due = bill(used, plan)
        assert due >= plan.usd
        assert due >= used.on(plan).usd()


@given(usages)
def test_hobby_never_bills_backups(used: Usage) -> None:
    assert used.on(Plan.HOBBY).items()["backups"] == 0
    assert used.on(Plan.PRO) == used
