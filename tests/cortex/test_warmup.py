from patternwatch.cortex.warmup import warm_up


def test_the_warm_up_goes_through_decoding_and_derivation() -> None:
    assert warm_up() == 2
