"""What a second task undoes of a first, against how much the two have in common.

theory     the predictions: lines exactly, networks from their kernel at the start
tasks      two tasks on images whose input spaces meet at an angle
peaks      the angle at which most is forgotten
two_lines  least squares on one task, then on the other
two_tasks  two-layer networks on one task, then on the other
"""
