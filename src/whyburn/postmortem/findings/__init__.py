"""What could have been avoided: one module a group of detectors, one function a finding.

A detector looks at an `Anatomy` and yields `Finding`s: what happened, what it would have saved (as a `Claim`), how sure
we are, where to look, what to do. `catalogue` lists them all and puts them in order.
"""
