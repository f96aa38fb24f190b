"""What the benchmark plays is what the product takes."""

from pathlib import Path

from bench.product import product
from cli.stack import Stack


async def test_a_case_of_the_benchmark_goes_its_straight_way_in_the_fixed_shape(
    tmp_path: Path,
) -> None:
    with Stack(tmp_path / "stack", None, print) as stack:
        async with product(stack, 1) as ours:
            await ours.play(0)
            ours.check([0])
