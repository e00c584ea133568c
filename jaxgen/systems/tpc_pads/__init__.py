"""Responses of the pads of the time projection chamber of MPD at NICA."""
