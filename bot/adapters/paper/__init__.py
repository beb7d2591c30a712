"""The paper venue: real recorded or live books, pretended orders, its own durable account.

It is a deterministic state machine over market events and order arrivals: no task, no clock, no
random number. docs/paper.md says what it assumes.
"""
