package dev.fovea.core;

import dev.fovea.core.image.ViewSize;
import dev.fovea.core.technique.Budget;
import java.util.List;

/**
 * What the plan of a prompt depends on: prompts of equal keys are run by equal plans.
 *
 * @param techniques as typed
 * @param budget of the whole prompt
 * @param views sizes of all views
 */
record PlanKey(List<String> techniques, Budget budget, List<ViewSize> views) {}
