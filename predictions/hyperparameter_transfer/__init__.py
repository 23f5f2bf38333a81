"""How to set hyperparameters at one width or depth and keep them at another.

parametrisations         width's exponents of weights and learning rates: standard and maximal-update
adam                     Adam for many networks at once, each layer with its own learning rate
first_steps              the first steps of Adam: how far they move a network's coordinates, as the width grows
theory                   the very first step in closed form, at finite width
transformer_first_steps  the same in a transformer: characters, attention logits, inner units, the next character
coordinate_exponents     the power of the width in each of these moves, line by line of the recipe
sweep                    networks of one width, trained at each of a sweep of learning rates
rate_optimum             the learning rate of least loss, and what it costs to keep it in a wider network
perceptron_rates         fully connected networks of several widths over a sweep of learning rates
residual_rates           residual networks of several depths over a sweep of learning rates
transformer_rates        transformers of several widths that learn a text, over a sweep of learning rates
character_transformer    their forward pass, many at once
sizes                    how many parameters its networks have
"""
