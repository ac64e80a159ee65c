"""The trade's own rules: catalogue, outlets, orders, delivery calendar, sessions, money."""
