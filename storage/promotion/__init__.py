"""Promotion: releases from testing to live, planned, approved, copied, verified, undone."""
