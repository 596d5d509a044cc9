"""Is all in order between guests, this server and Immich? The checks of `/menu/connection` and `manage.py doctor`.

`report` puts them together; every other module looks at one part, and gives a list of `Check`.
"""
