"""The DICOMweb standard (PS3.18, PS3.2 Annex N) as tables and pure functions.

Knows what a request asks for, which codes may answer it and which media types were promised. Never looks at
the body of an answer and never decides anything: the judgement lives in `gateway.core`.
"""
