"""What becomes of models that learn from what their predecessors said.

theory           the predictions: exact errors of linear models, and their growth
refitted_lines   least squares, fitted again and again to labels of the last fit
refitted_nets    two-layer networks, trained again and again on labels of the last network
"""
