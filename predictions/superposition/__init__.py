"""Superposition: more sparse features than dimensions, stored at angles that interfere as little as possible."""
