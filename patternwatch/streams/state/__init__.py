"""What every worker keeps in memory, read from compacted topics or from the model's location."""
