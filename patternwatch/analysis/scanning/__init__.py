"""The parts of a scan: what labels tell, what can be judged, what is put forward."""
