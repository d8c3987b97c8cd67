"""Roles: what each brain knows and how it speaks. No control flow; the graphs have that."""
