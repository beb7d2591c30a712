"""One module a subject: each field of the schema's roots and the objects it gives."""
