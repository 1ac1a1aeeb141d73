"""The commands that explain where money went, each for all harnesses or for one (`whyburn claude explain`)."""
