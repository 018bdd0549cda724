"""What a report says beside its findings: size, what it lacks, what changed, when it is looked at again."""
