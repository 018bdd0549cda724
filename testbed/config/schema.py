"""The shop's tables and their first rows."""

from __future__ import annotations

from testbed.shop.settings import PRODUCTS

DATABASE = "shop"
HISTORY_ROWS = 250_000

SCHEMA = f"""
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE TABLE products (
    id int PRIMARY KEY, name text NOT NULL, category int NOT NULL,
    price_cents int NOT NULL, description text NOT NULL);
CREATE INDEX products_by_category ON products (category);
CREATE TABLE stock (product int PRIMARY KEY REFERENCES products, quantity int NOT NULL);
CREATE TABLE orders (
    id bigserial PRIMARY KEY, customer text NOT NULL, total_cents bigint NOT NULL,
    state text NOT NULL, placed_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE ledger (
    id bigserial PRIMARY KEY, customer text NOT NULL, cents bigint NOT NULL,
    signature text NOT NULL, booked_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE order_history (id int, customer text, total_cents int, note text);
CREATE TABLE order_archive (LIKE order_history);
INSERT INTO products
    SELECT n, 'product ' || n, n % 40, 100 + n % 900, repeat(md5(n::text), 12)
    FROM generate_series(0, {PRODUCTS - 1}) AS n;
INSERT INTO stock SELECT id, 500 FROM products;
INSERT INTO order_history
    SELECT n, 'customer ' || n % 9000, n % 50000, md5(n::text) || md5((n + 1)::text)
    FROM generate_series(1, {HISTORY_ROWS}) AS n;
ANALYZE;
"""
