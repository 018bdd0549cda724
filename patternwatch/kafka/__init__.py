"""The one adapter to Apache Kafka: clients, topics, producer, compacted topics, development broker.

Nothing else of the product imports aiokafka; the agents of `streams` run on Faust, over the same settings.
"""
