package dev.fovea.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fovea.core.VisionLanguageModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.support.ui.Select;
import org.openqa.selenium.support.ui.WebDriverWait;

/** The explorer as people use it, in Chromium, where the machine has it: packages chromium and chromium-driver. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExplorerInBrowserTest {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final String AXE = "/axe.min.js";

    @TempDir
    static Path profile;

    private @Nullable VisionLanguageModel model;
    private @Nullable FoveaServer server;
    private @Nullable ChromeDriver browser;

    @BeforeAll
    void start() {
        assumeTrue(Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER), "there is no Chromium on this machine");
        model = Peek.open();
        server = FoveaServer.start(new Served("peek", model, null), ServerOptions.defaults());
        ChromeOptions options = new ChromeOptions();
        options.setBinary(CHROMIUM.toFile());
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--user-data-dir=" + profile);
        browser = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(DRIVER.toFile())
                        .build(),
                options);
    }

    @AfterAll
    void stop() {
        if (browser != null) {
            browser.quit();
        }
        if (server != null) {
            server.close();
        }
        if (model != null) {
            model.close();
        }
    }

    @BeforeEach
    void open() {
        browser().get("about:blank");
        browser().get(Objects.requireNonNull(server).address() + "/");
        waitFor("html[data-ready=yes]", 1);
    }

    private ChromeDriver browser() {
        return Objects.requireNonNull(browser);
    }

    private WebElement one(String css) {
        return browser().findElement(By.cssSelector(css));
    }

    private List<WebElement> all(String css) {
        return browser().findElements(By.cssSelector(css));
    }

    private void waitFor(String css, int count) {
        new WebDriverWait(browser(), Duration.ofSeconds(60)).until(b -> all(css).size() == count);
    }

    private void ask() {
        one("#file").sendKeys(Peek.SCENE.toString());
        waitFor("#preview:not([hidden])", 1);
        one("#question").sendKeys("What is written on the sign?");
        one("#ask").click();
    }

    @Test
    void aPictureIsAskedAboutInTwoWaysAtOnce() {
        ask();
        waitFor(".card", 2);
        assertThat(all(".card h2")).extracting(WebElement::getText).containsExactly("full model", "hiprune at 25%");
        assertThat(all(".card .answer")).extracting(WebElement::getText).containsExactly("STOP", "STOP");
        assertThat(one(".card:nth-child(2) .spent").getText())
                .isEqualTo("64 of 256 visual tokens reach the end; 192 dropped");
        assertThat(all(".card:nth-child(2) .strip rect")).hasSize(5 + 6);
        assertThat(all(".card:nth-child(2) table tr").getLast().getAttribute("textContent"))
                .isEqualTo("decoder layer 664");
    }

    /** Arrow keys move over the patches of one card; the others follow, and each says what became of the patch. */
    @Test
    void patchesAreReadWithTheKeyboard() {
        ask();
        waitFor(".card", 2);
        WebElement canvas = one(".card:nth-child(2) canvas");
        canvas.sendKeys(Keys.HOME, Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
        assertThat(all(".fate").get(1).getText())
                .matches("(?s)Row 2, column 3: (reaches the end|dropped at connector).*");
        assertThat(all(".fate").get(0).getText()).startsWith("Row 2, column 3: reaches the end");
        canvas.sendKeys(Keys.ESCAPE);
        assertThat(all(".fate").get(1).getText()).isEmpty();
    }

    /** A word shows where the model looked for it, by pointer or keys, and says so. */
    @Test
    void wordsShowWhereTheModelLooked() {
        ask();
        waitFor(".card", 2);
        WebElement word = one(".card:nth-child(2) .answer .word");
        String before = canvas(2);
        word.sendKeys(Keys.SHIFT);
        assertThat(all(".fate").get(1).getText())
                .matches(
                        "(?s)“STOP”: \\d+(\\.\\d+)? % of the attention lay on the picture\\.\\s+Most on row \\d+, column \\d+ .*");
        String looked = canvas(2);
        assertThat(looked).isNotEqualTo(before);
        one("#question").click();
        assertThat(all(".fate").get(1).getText()).isEmpty();
        assertThat(canvas(2)).isEqualTo(before);
        new Actions(browser()).moveToElement(word).perform();
        assertThat(canvas(2)).isEqualTo(looked);
    }

    /** What is drawn on a card. */
    private String canvas(int card) {
        return String.valueOf(browser()
                .executeScript("return document.querySelector('.card:nth-child(" + card + ") canvas').toDataURL()"));
    }

    @Test
    void aTechniqueThatCannotRunSaysWhyBesideTheOthers() {
        new Select(all(".choice select").get(1)).selectByValue("fastv");
        all(".choice:nth-child(2) input").getFirst().sendKeys("k=99");
        ask();
        waitFor(".card", 2);
        assertThat(one(".card .bad").getText()).contains("'k'", "'fastv'");
        assertThat(one("#status").getText()).isEqualTo("1 of 2 could not be answered.");
    }

    @Test
    void withoutAPictureItSaysSo() {
        one("#question").sendKeys("What is this?");
        one("#ask").click();
        assertThat(one("#status").getText()).isEqualTo("Choose a picture or a document first.");
        assertThat(browser().switchTo().activeElement().getAttribute("id")).isEqualTo("file");
    }

    private String hint() {
        return one("#drop-hint").getText();
    }

    /** Pages of a document are drawn by the server, turned, and asked about as pictures. */
    @Test
    void aPageOfADocumentIsAskedAbout() {
        one("#file").sendKeys(Peek.ROOT.resolve("docs/images/pages.pdf").toString());
        waitFor("#preview:not([hidden])", 1);
        assertThat(hint()).startsWith("pages.pdf, page 1 ·");
        assertThat(one("#page-row").getText()).isEqualToNormalizingWhitespace("Page of 2");
        one("#page").sendKeys(Keys.chord(Keys.CONTROL, "a"), "2", Keys.ENTER);
        new WebDriverWait(browser(), Duration.ofSeconds(60)).until(b -> hint().startsWith("pages.pdf, page 2 ·"));
        assertThat(all(".card")).isEmpty();
        one("#question").sendKeys("What is written on the sign?");
        one("#ask").click();
        waitFor(".card", 2);
        assertThat(all(".card .answer")).extracting(WebElement::getText).containsExactly("STOP", "STOP");
        one("#page").sendKeys(Keys.chord(Keys.CONTROL, "a"), "3", Keys.ENTER);
        new WebDriverWait(browser(), Duration.ofSeconds(60))
                .until(b -> one("#status").getText().contains("has 2 pages, and no page 3"));
        assertThat(hint()).startsWith("pages.pdf, page 2 ·");
        one("#file").sendKeys(Peek.SCENE.toString());
        new WebDriverWait(browser(), Duration.ofSeconds(60)).until(b -> hint().startsWith("scene.png"));
        assertThat(one("#page-row").isDisplayed()).isFalse();
    }

    /** What was shown before is gone until the right password was typed. */
    @Test
    void anEncryptedDocumentAsksForItsPassword() throws IOException {
        one("#file").sendKeys(Peek.SCENE.toString());
        waitFor("#preview:not([hidden])", 1);
        Path locked = Files.write(profile.resolve("locked.pdf"), Papers.scene(1, 1, "sesame-street"));
        one("#file").sendKeys(locked.toString());
        new WebDriverWait(browser(), Duration.ofSeconds(60))
                .until(b -> one("#password-row").isDisplayed());
        assertThat(one("#preview").isDisplayed()).isFalse();
        assertThat(browser().switchTo().activeElement().getAttribute("id")).isEqualTo("password");
        one("#password").sendKeys("sesame-street");
        one("#open-paper").click();
        waitFor("#preview:not([hidden])", 1);
        assertThat(hint()).startsWith("locked.pdf, page 1 ·");
        assertThat(one("#password-row").isDisplayed()).isFalse();
        one("#link").click();
        assertThat(browser().getCurrentUrl()).doesNotContain("sesame");
    }

    /** Who opens a link sees the same, picture included, without doing anything. */
    @Test
    void aLinkBringsTheViewBack() {
        ask();
        waitFor(".card", 2);
        one("#link").click();
        new WebDriverWait(browser(), Duration.ofSeconds(20))
                .until(b -> Objects.requireNonNull(b.getCurrentUrl()).contains("#q="));
        String link = Objects.requireNonNull(browser().getCurrentUrl());
        browser().get("about:blank");
        browser().get(link);
        waitFor(".card", 2);
        assertThat(one("#question").getDomProperty("value")).isEqualTo("What is written on the sign?");
        assertThat(all(".card .answer")).extracting(WebElement::getText).containsExactly("STOP", "STOP");
    }

    /** Nothing to scroll sideways for, and no fault that axe knows, wide and narrow, light and dark. */
    @ParameterizedTest
    @CsvSource({"1280, light", "1280, dark", "390, light", "390, dark"})
    void everybodyCanUseIt(int width, String scheme) throws IOException {
        browser().manage().window().setSize(new Dimension(Math.max(width, 500), 900));
        browser()
                .executeCdpCommand(
                        "Emulation.setDeviceMetricsOverride",
                        Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", width < 500));
        browser()
                .executeCdpCommand(
                        "Emulation.setEmulatedMedia",
                        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
        one("#file").sendKeys(Peek.ROOT.resolve("docs/images/pages.pdf").toString());
        waitFor("#page-row:not([hidden])", 1);
        assertUsable(width);
        ask();
        waitFor(".card", 2);
        assertUsable(width);
    }

    private void assertUsable(int width) throws IOException {
        Object wider = browser()
                .executeScript("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assertThat(wider).as("pixels to scroll at %s", width).isEqualTo(0L);
        browser().executeScript(axe());
        Object faults = browser()
                .executeAsyncScript(
                        "const done = arguments[0]; axe.run().then(r => done(r.violations.map(v => v.id + ': ' + v.help)))");
        assertThat((List<?>) faults).isEmpty();
    }

    private static String axe() throws IOException {
        try (InputStream in = Objects.requireNonNull(ExplorerInBrowserTest.class.getResourceAsStream(AXE))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
