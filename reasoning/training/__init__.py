"""Fine-tuning with verdicts as rewards, and the small model that the project trains itself.

reasoning train grpo --out runs/grpo            # the built-in model on its own tasks, on a CPU
"""
