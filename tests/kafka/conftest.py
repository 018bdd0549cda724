from tests.kafka_fixture import kafka, kafka_settings

__all__ = ["kafka", "kafka_settings"]
