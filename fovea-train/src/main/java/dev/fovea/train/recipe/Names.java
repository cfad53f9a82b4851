package dev.fovea.train.recipe;

/** Prefixes of parameter names: those of Hugging Face's LLaVA and CLIP, and of what only training needs. */
final class Names {
    static final String VISION = "vision_tower.vision_model.";
    static final String CONNECTOR = "multi_modal_projector.";
    static final String DECODER = "language_model.model.";
    static final String TEXT = "text_model.";
    static final String PATCHES = "training.patches.";
    static final String TRUTH = "training.truth.";

    private Names() {}
}
