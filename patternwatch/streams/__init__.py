"""The Faust agents that carry requests to reports over Kafka. No arithmetic."""
