/** Required by Mocha where it runs alone: mistyped names of chai are found by the types, which costs nothing while tests run. */
import { config } from 'chai';

config.useProxy = false;
