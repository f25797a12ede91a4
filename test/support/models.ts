export * from '../../scripts/demo/models.ts';
