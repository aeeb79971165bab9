"""Putting one question to a model server, and getting it answered at most once. Knows no forms.

Top down: ``client`` turns an ``Ask`` into a request and a reply, with the journal before the network;
``online`` gets a request answered (``budget``, ``throttle``, ``retry``, ``transport``), ``outbox`` only
collects it; ``structured`` makes bodies and reads answers through instructor; ``dialect`` finds out what a
server understands.
"""
