"""Sending: one HTTP request to a destination and what came of it.

```
transport.py           what every way of sending keeps (`Transport`), and which one a process takes
├── client.py          our own HTTP/1.1 client: connections kept per origin, on asyncio and httptools
│   ├── origins.py     an address taken apart; names looked up and remembered briefly
│   ├── wire.py        a request as bytes, a body without its content-encoding     pure
│   └── connection.py  one connection, one exchange after the other
└── aiohttp_transport.py   the same with aiohttp, which knows proxies
```

Both run one conformance suite over real sockets, `heliograph.testing.transport.suite`.
"""
