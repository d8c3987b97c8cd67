"""Masking as the rooms from here up know it; what comes in is masked one floor down, before it is stored."""

from domain.masking import is_suspicious, mask, mask_text, masked_json
from domain.secret_kinds import MASK

__all__ = ["MASK", "is_suspicious", "mask", "mask_text", "masked_json"]
