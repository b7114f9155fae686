"""`pacs-gateway probe`: a bounded, polite survey of one archive, and what can be done about what it finds.

    target -> sender -> survey (checks, discovery) -> judgement -> repair -> report
                                                            \\-> telling -> proposals -> configuration

It asks, one request at a time, what every client might ask, and compares the answers with PS3.18 and RFC 9110. It changes
nothing on the archive unless it is told to store an object of its own making. What the archive answered is judged a second
time by the gateway's own `normalise`, so that the report can say what the gateway would make of it. Identifiers of the
archive are known by their masks from the moment they are found.
"""
