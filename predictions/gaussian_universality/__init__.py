"""What of the data enters linear and kernel regression: the covariance alone, as if they were Gaussian, or more.

theory             the predictions: risks from a covariance and a teacher, eigenvalues of kernels, the staircase
populations        data sets as populations with a known covariance, and Gaussian clones of them
ridge_on_images    ridge regression on rows drawn from such a population
kernel_spectrum    leading eigenvalues of a Gaussian kernel on images
setting            kernels, groups of ranks, numbers of samples
hermite            products of powers in descending order: the spectrum of a kernel on Gaussian data
sphere_regression  kernel regression on the sphere, between two numbers of samples that complete a degree
noise_on_spheres   what label noise costs a kernel machine that fits it, on spheres of few dimensions
"""
