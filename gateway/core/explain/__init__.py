"""Why an exchange is answered as it is, from the very functions that answer it: `explain` beside `normalise`.

    explain -> rules tried (`trial`), with what each needed (`core/wording`) and what was there instead (`sight`)
            -> the steps of the code (`steps`), the field lines with their clauses (`lines`), body, Retry-After, breaker

Nothing is decided here, and nothing is guessed: what cannot be asked, because it was not kept, is said to be missing.
"""

from gateway.core.explain.explain import explain
from gateway.core.explain.explanation import Explanation, from_json, to_json
from gateway.core.explain.view import OPEN, View

__all__ = ["OPEN", "Explanation", "View", "explain", "from_json", "to_json"]
