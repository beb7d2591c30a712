"""Railway's calls, typed: one file a thing, holding what the thing is and what can be asked of it.

Functions take the client first. They ask once or change once; whoever needs more decides it.
"""
