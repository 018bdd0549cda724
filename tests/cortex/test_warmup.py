from patternwatch.cortex.warmup import warm_up, warm_up_derivation


def test_the_warm_up_goes_through_decoding_and_derivation() -> None:
    # Two samples, and rate, mean, median and 99th percentile between two native histograms; then as below.
    assert warm_up() == 2 + 4 + 4


def test_derivation_alone_shows_two_samples_and_two_quantiles() -> None:
    assert warm_up_derivation() == 2 + 2
