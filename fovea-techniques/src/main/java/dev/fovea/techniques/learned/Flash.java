package dev.fovea.techniques.learned;

import dev.fovea.core.draft.Draft;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.DraftTechnique;
import dev.fovea.core.model.Weights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;

/**
 * FLASH (arXiv 2505.12728): a draft of one layer that sees a picture as a few compressed tokens and guesses several words
 * of the answer in one pass. What it is made of stands in {@link FlashDraft}.
 */
public final class Flash implements DraftTechnique {
    private static final Card CARD = Card.of("""
            id        flash
            title     FLASH: Latent-Aware Semi-Autoregressive Speculative Decoding for Multimodal Tasks
            arxiv     2505.12728
            summary   Guesses several words of the answer at once from the states of the language model, with the picture
                      compressed to a few tokens; the model checks them in one pass, so that answers stay the same.
            stations  logits
            budget    Not read, no visual tokens are spent: '--speculate flash' goes with any technique that does.
            full      acts
            trained   yes
            knob      k = 4, whole 1..16: Slots: words guessed in one pass of the draft.
            knob      c = auto, whole 1..1024: Tokens that a picture is compressed to; auto is a ninth of the model's visual
                      tokens, as the paper's 64 of 576 and 36 of 324.
            knob      heads = auto, whole 1..256: Heads of the draft's attention, of 64 channels each; auto is as many as the
                      language model is 64 channels wide (the paper's 64 for 4096).
            knob      refine = auto, whole 1..4096: Inner width of what refines a slot; auto is an eighth of the language
                      model's width (the paper's 512 for 4096).
            knob      most = auto, whole 1..16: Words handed to the model at once; auto is all slots. More than there are
                      slots are no more.
            knob      before = code | paper: Whether words in front of a picture are the model's states alone, as in the
                      official code, or joined with the word that follows, as the paper writes it.
            note      The slot's own state is added to what it guesses also when a picture was compressed; the official code
                      leaves that out when it decodes, though it is there in training.
            note      While it learns, a slot is told the word in front of the one that it is about, which is the word that
                      it goes by when it decodes; the official code tells it the one before.
            note      All slots are used: the first guesses the second word behind the state, for the first has been chosen.
                      The official code compares each guess with what the model expects one place later, and so has other
                      answers than the model.
            note      The keys and values of the first slots are kept from one guess to the next. No later word changes them:
                      the official code makes them anew each time.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Declaration declaration(ModelShape shape, Knobs knobs) {
        Declaration.Builder own = Declaration.begin();
        FlashSizes.of(shape, knobs).declare(own);
        return own.build();
    }

    @Override
    public Draft draft(ModelShape shape, Knobs knobs, Weights own) {
        return new FlashDraft(FlashSizes.of(shape, knobs), own);
    }
}
