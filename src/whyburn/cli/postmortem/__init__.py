"""The commands that explain where money went. Each is built for all harnesses, or for one (`whyburn claude explain`)."""
